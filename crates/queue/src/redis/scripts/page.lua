-- Where a listing goes on: id and score of up to ARGV[6] jobs in the states ARGV[2] (letters: scheduled, Ready, running,
-- Done, dead as s r l d x), after the score ARGV[3] and id ARGV[4] ('' to begin), not before the moment ARGV[5]
-- ('' for all). Newest first, ties by the id's bytes, backwards; each state on its own.

local states, score, id, since = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]) or 0
local most = tonumber(ARGV[6])
local answer = {}

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

-- How many members, from the newest on, lie before where the listing goes on. The id need not be there any more.
local function passed(set)
  if not score then
    return 0
  end
  local from = redis.call('ZCOUNT', set, '(' .. ARGV[3], '+inf')
  local low, high = 0, redis.call('ZCOUNT', set, ARGV[3], ARGV[3])
  while low < high do
    local middle = math.floor((low + high) / 2)
    local member = redis.call('ZREVRANGE', set, from + middle, from + middle)[1]
    if before(member, id) then
      high = middle
    else
      low = middle + 1
    end
  end
  return from + low
end

local function page(set, above, lowest)
  local from = passed(set)
  if above then
    from = math.max(from, redis.call('ZCOUNT', set, above, '+inf'))
  end
  local members = redis.call('ZREVRANGE', set, from, from + most - 1, 'WITHSCORES')
  for index = 1, #members, 2 do
    if tonumber(members[index + 1]) < lowest then
      return
    end
    answer[#answer + 1] = members[index]
    answer[#answer + 1] = members[index + 1]
  end
end

-- Running jobs are ordered by when they began, which their set, ordered by expiry, cannot tell: all are read. There are
-- as many as all workers' slots together; of more than 5,000 those are shown whose leases expire first.
local function page_of_running()
  local ids = redis.call('ZRANGEBYSCORE', RUNNING, '-inf', '(+inf', 'LIMIT', 0, 5000)
  for first = 1, #ids, 500 do
    local last = math.min(first + 499, #ids)
    local leases = redis.call('HMGET', LEASES, unpack(ids, first, last))
    for index = first, last do
      local began = string.match(leases[index - first + 1] or '', '^%d+ %d+ %d+ (%d+) ')
      local at = tonumber(began)
      if at and at >= since and (not score or at < score or (at == score and before(ids[index], id))) then
        answer[#answer + 1] = ids[index]
        answer[#answer + 1] = began
      end
    end
  end
end

if string.find(states, 's', 1, true) then
  page(WAITING, nil, math.max(AT + 1, since))
end
if string.find(states, 'r', 1, true) then
  page(WAITING, text(AT + 1), since)
end
if string.find(states, 'l', 1, true) then
  page_of_running()
end
if string.find(states, 'd', 1, true) then
  page(DONE, nil, since)
end
if string.find(states, 'x', 1, true) then
  page(DEAD, nil, since)
end
return answer
