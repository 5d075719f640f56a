-- Removes jobs that wait, scheduled or ready, whose ids follow. Answers 1 for each that waited, for as many of them, but
-- for one at least, as are found before more than ARGV[2] entries of the ready ones were passed in search of one.
-- Nothing here needs memory before something is removed, so that it serves also where Redis has none left.

local passes = tonumber(ARGV[2])
local length = redis.call('LLEN', READY)

-- Where a ready job stands. They are in the order of their moments, of which one enqueues a chunk at most as a rule.
local function place_of(id, moment)
  local low, high = 0, length
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = redis.call('HGET', JOBS, redis.call('LINDEX', READY, middle))
    if other and enqueued_at(other) < moment then
      low = middle + 1
    else
      high = middle
    end
  end
  for offset, entry in ipairs(redis.call('LRANGE', READY, low, low + 499)) do
    if entry == id then
      return low + offset - 1
    end
  end
  passes = passes - length
  return redis.call('LPOS', READY, id)
end

local answers, scheduled, ready, first, last = {}, {}, {}, length, 0
local seen = {}
for index = 3, #ARGV do
  if passes <= 0 then
    break
  end
  local id = ARGV[index]
  answers[#answers + 1] = 0
  local job = not seen[id] and redis.call('HGET', JOBS, id)
  seen[id] = true
  if job and redis.call('ZSCORE', SCHEDULED, id) then
    scheduled[#scheduled + 1] = id
    answers[#answers] = 1
  elseif job and redis.call('HEXISTS', LEASES, id) == 0 and redis.call('HEXISTS', TOLD, id) == 0 then
    -- What neither runs nor has a past is ready since it was enqueued.
    local place_ = place_of(id, enqueued_at(job))
    if place_ then
      ready[#ready + 1] = id
      ready[id] = place_
      first, last = math.min(first, place_), math.max(last, place_)
      answers[#answers] = 1
    end
  end
end
if #scheduled > 0 then
  redis.call('ZREM', SCHEDULED, unpack(scheduled))
  redis.call('HDEL', TRIES, unpack(scheduled))
  forget(scheduled)
end
if #ready > 0 then
  forget(ready)
  for _, id in ipairs(ready) do
    redis.call('LSET', READY, ready[id], SENTINEL)
  end
  -- All in one walk, from the end that they are nearer to.
  redis.call('LREM', READY, last < length - first and #ready or -#ready, SENTINEL)
end
return answers
