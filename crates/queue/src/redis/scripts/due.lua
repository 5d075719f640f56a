-- 1 when a fetch now would give a job.

if redis.call('HGET', META, 'paused') then
  return 0
end
local first = first_scheduled()
if redis.call('LLEN', READY) > 0 or (first and first <= AT) then
  return 1
end
return 0
