-- Removes up to ARGV[2] jobs that wait, scheduled or ready. Answers id and job of each.

local most = tonumber(ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', SCHEDULED, '-inf', '(' .. text(AT + 1), 'LIMIT', 0, most)
local from_ready, from_scheduled = 0, #ids
if #ids < most then
  local ready = redis.call('LRANGE', READY, 0, most - #ids - 1)
  from_ready = #ready
  for _, id in ipairs(ready) do
    ids[#ids + 1] = id
  end
end
if #ids < most then
  local coming = redis.call('ZRANGE', SCHEDULED, from_scheduled, from_scheduled + most - #ids - 1)
  from_scheduled = from_scheduled + #coming
  for _, id in ipairs(coming) do
    ids[#ids + 1] = id
  end
end
if #ids == 0 then
  return {}
end
local jobs = redis.call('HMGET', JOBS, unpack(ids))
local answer = {}
for index, id in ipairs(ids) do
  if jobs[index] then
    answer[#answer + 1] = id
    answer[#answer + 1] = jobs[index]
  end
end
if from_ready > 0 then
  redis.call('LPOP', READY, from_ready)
end
if from_scheduled > 0 then
  redis.call('ZREMRANGEBYRANK', SCHEDULED, 0, from_scheduled - 1)
end
redis.call('HDEL', TRIES, unpack(ids))
forget(ids)
return answer
