-- Leases up to ARGV[2] due jobs to the worker ARGV[3] for ARGV[4] milliseconds.
-- Answers the time, when the next one is due (-1: unknown), then id, token, attempt and packed job of each.
-- All writes that Redis may refuse for want of memory come before the one that takes jobs off the waiting.

if redis.call('HGET', META, 'paused') then
  return { AT, -1 }
end
local due = redis.call('ZRANGEBYSCORE', WAITING, '-inf', '(' .. text(AT + 1), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local coming = redis.call('ZRANGEBYSCORE', WAITING, text(AT + 1), '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = { AT, coming[2] and math.floor(tonumber(coming[2])) or -1 }
if #due == 0 then
  return answer
end

local ids = {}
for index = 1, #due, 2 do
  ids[#ids + 1] = due[index]
end
local jobs = redis.call('HMGET', JOBS, unpack(ids))
local tries = redis.call('HMGET', TRIES, unpack(ids))
local token = redis.call('HINCRBY', META, 'token', #ids) - #ids
local leases, running = {}, {}
local until_ = text(AT + tonumber(ARGV[4]))
local tail = ' ' .. NOW .. ' ' .. ARGV[3]
for index, id in ipairs(ids) do
  -- An id without its job can only come of a hand at the keys; it is dropped rather than failing its neighbours.
  if jobs[index] then
    local attempt = (tonumber(tries[index]) or 0) + 1
    local when = moment_of(due[2 * index])
    leases[#leases + 1] = id
    leases[#leases + 1] = text(token + index) .. ' ' .. attempt .. ' ' .. when .. tail
    running[#running + 1] = until_
    running[#running + 1] = id
    answer[#answer + 1] = id
    answer[#answer + 1] = token + index
    answer[#answer + 1] = attempt
    answer[#answer + 1] = jobs[index]
  end
end
if #leases > 0 then
  redis.call('HSET', LEASES, unpack(leases))
  redis.call('ZADD', RUNNING, unpack(running))
end
redis.call('ZREMRANGEBYRANK', WAITING, 0, #ids - 1)
return answer
