-- Leases up to ARGV[2] due jobs to the worker ARGV[3] for ARGV[4] milliseconds: from the ready ones and from those whose
-- time has come, the one that is due longest first.
-- Answers the time, when the next scheduled one is due (-1: unknown), the token of all, which attempt of each begins (in
-- words, with ":" and its due moment behind those that were scheduled; '' where each has its first), then id and job of each.
-- All writes that Redis may refuse for want of memory come before those that take jobs off the waiting.

if redis.call('HGET', META, 'paused') then
  return { AT, -1, 0, '' }
end
local want = tonumber(ARGV[2])
local answer = { AT, -1, 0, '' }
if want == 0 then
  return answer
end

local due = {}
local first = first_scheduled()
if first and first <= AT then
  due = redis.call('ZRANGEBYSCORE', SCHEDULED, '-inf', '(' .. text(AT + 1), 'WITHSCORES', 'LIMIT', 0, want)
  local next_ = redis.call('ZRANGEBYSCORE', SCHEDULED, text(AT + 1), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  first = next_[2] and math.floor(tonumber(next_[2]))
end
answer[2] = first or -1

local ids = redis.call('LRANGE', READY, 0, want - 1)
local from_ready, from_scheduled = #ids, 0
if from_ready == 0 and #due == 0 then
  return answer
end
local jobs = from_ready > 0 and redis.call('HMGET', JOBS, unpack(ids)) or {}
local dues = {}

-- Merges the two rows of jobs that wait by when they were due.
if #due > 0 then
  local ready, ready_jobs = ids, jobs
  ids, jobs, from_ready = {}, {}, 0
  while #ids < want and (from_ready < #ready or 2 * from_scheduled < #due) do
    local id = ready[from_ready + 1]
    local job = id and ready_jobs[from_ready + 1]
    local score = due[2 * from_scheduled + 2]
    local at = score and math.floor(tonumber(score))
    if id and (not at or not job or enqueued_at(job) < at) then
      from_ready = from_ready + 1
      ids[#ids + 1] = id
      jobs[#ids] = job
    else
      from_scheduled = from_scheduled + 1
      ids[#ids + 1] = due[2 * from_scheduled - 1]
      jobs[#ids] = redis.call('HGET', JOBS, ids[#ids])
      dues[#ids] = at
    end
  end
end

-- One token serves the whole fetch: of one job it is never given out twice. The first is the time
-- in microseconds, so that a Redis that has lost everything does not give out again what a worker from before still holds.
local token = redis.call('HINCRBY', META, 'token', 1)
if token == 1 then
  token = redis.call('HINCRBY', META, 'token', text(AT * 1000))
end
answer[3] = token
local leases, running, attempts = {}, {}, {}
local until_ = text(AT + tonumber(ARGV[4]))
local tail = NOW .. ' ' .. ARGV[3]
local fresh = text(token) .. ' 1 0 n ' .. tail
for index = 1, #ids do
  local id, job = ids[index], jobs[index]
  -- An id without its job can only come of a hand at the keys; it is dropped rather than failing its neighbours.
  if job then
    local attempt, lease, was_due = 1, fresh, dues[index]
    local told = '1'
    -- Only a job that waited among the scheduled can have a past, which its settlement must go on with.
    if was_due then
      attempt = (tonumber(redis.call('HGET', TRIES, id)) or 0) + 1
      lease = text(token) .. ' ' .. attempt .. ' ' .. text(was_due) .. ' p ' .. tail
      told = attempt .. ':' .. text(was_due)
    end
    local count = #leases
    leases[count + 1] = id
    leases[count + 2] = lease
    running[count + 1] = until_
    running[count + 2] = id
    count = #answer
    answer[count + 1] = id
    answer[count + 2] = job
    attempts[#attempts + 1] = told
  end
end
if from_scheduled > 0 then
  answer[4] = table.concat(attempts, ' ')
end
if #leases > 0 then
  redis.call('HSET', LEASES, unpack(leases))
  redis.call('ZADD', RUNNING, unpack(running))
end
if from_ready > 0 then
  redis.call('LPOP', READY, from_ready)
end
if from_scheduled > 0 then
  redis.call('ZREMRANGEBYRANK', SCHEDULED, 0, from_scheduled - 1)
end
return answer
