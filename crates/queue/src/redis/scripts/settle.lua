-- Ends attempts. For each: id, token, how it ended (with '?' before it: only if the lease has expired), when it
-- runs again (retry: milliseconds from now; later: a moment), its note (packed reason, error and fingerprint) and
-- its record for history, packed. Answers the state it moved to, or 0 for a stale one.
-- All writes that Redis may refuse for want of memory come before those that end the leases.

local STALE, SCHEDULED, READY, FINISHED, BURIED = 0, 1, 2, 3, 4

local ids = {}
for index = 2, #ARGV, 6 do
  ids[#ids + 1] = ARGV[index]
end
if #ids == 0 then
  return {}
end
local leases = redis.call('HMGET', LEASES, unpack(ids))
local told = redis.call('HMGET', TOLD, unpack(ids))

local done, dead, waiting, notes, tries, untried, ended = {}, {}, {}, {}, {}, {}, {}
local soonest = math.huge

local function push(list, one, two)
  list[#list + 1] = one
  list[#list + 1] = two
end

-- The job's past with one more record: of two `later` in a row the newer, of many the last KEPT. Note and record come
-- packed: of a job that ends at its first attempt, which is most of them, nothing need be taken apart.
local function remember(index, attempt, due, note, record)
  local head = #attempt .. ':' .. attempt .. #due .. ':' .. due .. note
  if not told[index] then
    return head .. record
  end
  local past, new = split(told[index]), split(record)[1]
  if #past > 5 and string.sub(new, 1, 1) == 'L' and string.sub(past[#past], 1, 1) == 'L' then
    past[#past] = nil
  end
  past[#past + 1] = new
  local kept = {}
  for at = math.max(6, #past - KEPT + 1), #past do
    kept[#kept + 1] = past[at]
  end
  return head .. pack(kept)
end

-- Lets the job wait until `due` with so many attempts behind it.
local function again(id, due, score, attempts)
  soonest = math.min(soonest, due)
  push(waiting, score, id)
  if attempts > 0 then
    push(tries, id, text(attempts))
  else
    untried[#untried + 1] = id
  end
  return due > AT and SCHEDULED or READY
end

local function settle(index, id, how, moment, note, record)
  local attempt, due = string.match(leases[index], '^%d+ (%d+) (%d+) ')
  if how == 'done' then
    if attempt ~= '1' then
      untried[#untried + 1] = id
    end
    push(notes, id, remember(index, attempt, due, note, record))
    push(done, NOW, id)
    return FINISHED
  end
  local begun = tonumber(attempt)
  if how == 'handback' then
    return again(id, tonumber(due), due .. '.000', begun - 1)
  end
  if how == 'retry' and begun < tonumber(split(redis.call('HGET', JOBS, id), 2)[2]) then
    local run_at = AT + tonumber(moment)
    local shown = pack({ '', split(note)[2], '' })
    push(notes, id, remember(index, attempt, text(run_at), shown, record))
    return again(id, run_at, place(run_at), begun)
  end
  if how == 'later' then
    local run_at = math.max(tonumber(moment), AT)
    local shown = pack({ split(note)[1], told[index] and split(told[index], 4)[4] or '', '' })
    push(notes, id, remember(index, text(begun - 1), text(run_at), shown, record))
    return again(id, run_at, place(run_at), begun - 1)
  end
  untried[#untried + 1] = id
  push(notes, id, remember(index, attempt, due, note, record))
  push(dead, NOW, id)
  return BURIED
end

local answers, seen = {}, {}
for index, id in ipairs(ids) do
  local base = 6 * index - 4
  local token, how = ARGV[base + 1] .. ' ', ARGV[base + 2]
  local held = leases[index] and not seen[id] and string.sub(leases[index], 1, #token) == token
  if held and string.sub(how, 1, 1) == '?' then
    how = string.sub(how, 2)
    held = tonumber(redis.call('ZSCORE', RUNNING, id)) <= AT
  end
  if held then
    seen[id] = true
    ended[#ended + 1] = id
    answers[index] = settle(index, id, how, ARGV[base + 3], ARGV[base + 4], ARGV[base + 5])
  else
    answers[index] = STALE
  end
end
if #ended == 0 then
  return answers
end

if #notes > 0 then
  redis.call('HSET', TOLD, unpack(notes))
end
if #tries > 0 then
  redis.call('HSET', TRIES, unpack(tries))
end
if #done > 0 then
  redis.call('ZADD', DONE, unpack(done))
  redis.call('HINCRBY', META, 'done_total', #done / 2)
end
if #dead > 0 then
  redis.call('ZADD', DEAD, unpack(dead))
  redis.call('HINCRBY', META, 'dead_total', #dead / 2)
end
if #waiting > 0 then
  redis.call('ZADD', WAITING, unpack(waiting))
  keep_turn()
  wake(#waiting / 2, soonest)
end
if #untried > 0 then
  redis.call('HDEL', TRIES, unpack(untried))
end
redis.call('ZREM', RUNNING, unpack(ended))
redis.call('HDEL', LEASES, unpack(ended))
return answers
