-- Where a listing goes on: set, id, score and tie of up to ARGV[4] jobs in each of the sets ARGV[2] (letters: s and d
-- scheduled and not yet, or due; r ready; l leased; e ended well; x dead; f dead of the fingerprint ARGV[6]), after the
-- score ARGV[3] ('' to begin) and the tie that follows for each of the sets, not before the moment ARGV[5] ('' for all).
-- Newest first. In sorted sets the tie is the id, whose bytes decide; in lists it is how many entries ever came before.

local score, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local answer = {}
local set, tie, since

local function add(id, at, order)
  answer[#answer + 1] = set
  answer[#answer + 1] = id
  answer[#answer + 1] = at
  answer[#answer + 1] = order
end

-- Bytes decide, as in Redis' own order of ties; Lua's `<` goes by the server's locale.
local function before(one, two)
  for index = 1, math.min(#one, #two) do
    local left, right = string.byte(one, index), string.byte(two, index)
    if left ~= right then
      return left < right
    end
  end
  return #one < #two
end

-- The first of `count` places, from the newest on, for which `behind` holds; it holds for all that follow.
local function first(count, behind)
  local low, high = 0, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if behind(middle) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

-- A sorted set from its highest score below `above` on. The id of the tie need not be there any more.
local function page_of_set(key, above)
  local from = above and redis.call('ZCOUNT', key, above, '+inf') or 0
  if score then
    local higher = redis.call('ZCOUNT', key, '(' .. ARGV[3], '+inf')
    local equal = redis.call('ZCOUNT', key, ARGV[3], ARGV[3])
    from = math.max(from, higher + first(equal, function(place_)
      return before(redis.call('ZREVRANGE', key, higher + place_, higher + place_)[1], tie)
    end))
  end
  local found = redis.call('ZREVRANGE', key, from, from + most - 1, 'WITHSCORES')
  for index = 1, #found, 2 do
    if tonumber(found[index + 1]) < since then
      return
    end
    add(found[index], found[index + 1], found[index])
  end
end

-- A list, newest at its end; `read` gives id and moment of an entry. Of every entry is known how many came before.
local function page_of_list(key, total, read)
  local length = redis.call('LLEN', key)
  local from = 0
  if score then
    from = first(length, function(place_)
      local _, at = read(redis.call('LINDEX', key, length - 1 - place_))
      return at < score or (at == score and total - 1 - place_ < tonumber(tie))
    end)
  end
  local last = length - 1 - from
  if last < 0 then
    return
  end
  local found = redis.call('LRANGE', key, math.max(last - most + 1, 0), last)
  for index = #found, 1, -1 do
    local id, at = read(found[index])
    if at < since then
      return
    end
    add(id, text(at), text(total - 1 - from - (#found - index)))
  end
end

-- Running jobs are ordered by when they began, which their set, ordered by expiry, cannot tell: all are read. There are
-- as many as all workers' slots together; of more than 5,000 those are shown whose leases expire first.
local function page_of_running()
  local ids = redis.call('ZRANGEBYSCORE', RUNNING, '-inf', '(+inf', 'LIMIT', 0, 5000)
  for from = 1, #ids, 500 do
    local last = math.min(from + 499, #ids)
    local leases = redis.call('HMGET', LEASES, unpack(ids, from, last))
    for index = from, last do
      local began = string.match(leases[index - from + 1] or '', '^%d+ %d+ %d+ %a (%d+) ')
      local at = tonumber(began)
      if at and at >= since and (not score or at < score or (at == score and before(ids[index], tie))) then
        add(ids[index], began, ids[index])
      end
    end
  end
end

local function page_of_faults()
  local from = ARGV[6] .. '!'
  if score then
    from = string.format('%s %015.0f %s', ARGV[6], score, tie)
  end
  local to = string.format('[%s %015.0f', ARGV[6], since)
  for _, entry in ipairs(redis.call('ZREVRANGEBYLEX', FAULTS, '(' .. from, to, 'LIMIT', 0, most)) do
    local id = string.sub(entry, 34)
    add(id, text(tonumber(string.sub(entry, 18, 32))), id)
  end
end

local total = redis.call('HMGET', META, 'pushed', 'done_total')
local pages = {
  s = function()
    since = math.max(AT + 1, since)
    page_of_set(SCHEDULED)
  end,
  d = function()
    page_of_set(SCHEDULED, text(AT + 1))
  end,
  r = function()
    page_of_list(READY, tonumber(total[1]) or 0, function(id)
      local job = redis.call('HGET', JOBS, id)
      return id, job and enqueued_at(job) or 0
    end)
  end,
  l = page_of_running,
  e = function()
    page_of_list(DONE, tonumber(total[2]) or 0, function(entry)
      return string.sub(entry, 15), tonumber(string.sub(entry, 1, 13))
    end)
  end,
  x = function()
    page_of_set(DEAD)
  end,
  f = page_of_faults,
}
for index = 1, #ARGV[2] do
  set, tie, since = string.sub(ARGV[2], index, index), ARGV[6 + index], tonumber(ARGV[5]) or 0
  pages[set]()
end
return answer
