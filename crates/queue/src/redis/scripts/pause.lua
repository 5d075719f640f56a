-- Pauses the kind (ARGV[2] is '1') or resumes it, which wakes those who wait for its jobs.

if ARGV[2] == '1' then
  redis.call('HSET', META, 'paused', '1')
elseif redis.call('HDEL', META, 'paused') == 1 then
  wake(#ENTRIES, AT)
end
