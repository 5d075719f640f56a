-- 1 when a fetch now would give a job.

if redis.call('HGET', META, 'paused') then
  return 0
end
local first = redis.call('ZRANGEBYSCORE', WAITING, '-inf', '(' .. text(AT + 1), 'LIMIT', 0, 1)
return #first
