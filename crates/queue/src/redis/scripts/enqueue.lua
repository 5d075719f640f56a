-- Adds jobs: for each its id, when it is due ('' for now), and itself but for the moment it is enqueued.
-- Answers whether the kind is new here, then 1 for each job that was added.

local ids = {}
for index = 2, #ARGV, 3 do
  ids[#ids + 1] = 0
  ids[#ids + 1] = ARGV[index]
end
local count = #ids / 2
local all_new = redis.call('ZADD', IDS, 'NX', unpack(ids)) == count

-- Some exist, or come twice: what has no job yet is new.
local known = {}
if not all_new then
  for index = 1, count do
    known[index] = ids[2 * index]
  end
  known = redis.call('HMGET', JOBS, unpack(known))
end

local answers, jobs, ready, scheduled, soonest = { 0 }, {}, {}, {}, math.huge
-- Never before the job ahead of it, so that the ready ones stay in the order of time though a clock be stepped back.
local latest = tonumber(redis.call('HGET', META, 'latest')) or 0
if AT > latest then
  latest = AT
  redis.call('HSET', META, 'latest', NOW)
end
local now = struct.pack('>I6', latest)
local seen = {}
for index = 1, count do
  local id, due = ids[2 * index], tonumber(ARGV[3 * index])
  if known[index] or (not all_new and seen[id]) then
    answers[index + 1] = 0
  else
    seen[id] = true
    jobs[#jobs + 1] = id
    jobs[#jobs + 1] = now .. ARGV[3 * index + 1]
    if due and due > AT then
      scheduled[#scheduled + 1] = place(due)
      scheduled[#scheduled + 1] = id
      soonest = math.min(soonest, due)
    else
      ready[#ready + 1] = id
    end
    answers[index + 1] = 1
  end
end
if #jobs == 0 then
  return answers
end

redis.call('HSET', JOBS, unpack(jobs))
if #ready > 0 then
  redis.call('RPUSH', READY, unpack(ready))
end
-- As many as ever were ready at once. Only with the first of them can the kind be new.
if redis.call('HINCRBY', META, 'pushed', #ready) == #ready and redis.call('HSETNX', META, 'kind', '2') == 1 then
  answers[1] = 1
  redis.call('HSET', JOBS, SENTINEL, '')
  redis.call('HSET', LEASES, SENTINEL, '')
  redis.call('HSET', TOLD, SENTINEL, '')
  redis.call('ZADD', RUNNING, '+inf', SENTINEL)
end
if #ready > 0 then
  wake(#ready, AT)
end
if #scheduled > 0 then
  redis.call('ZADD', SCHEDULED, unpack(scheduled))
  keep_turn()
  wake(#scheduled / 2, soonest)
end
return answers
