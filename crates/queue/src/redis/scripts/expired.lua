-- Leases that have expired, ARGV[2] at most: id, lease and packed job of each.

local ids = redis.call('ZRANGEBYSCORE', RUNNING, '-inf', text(AT), 'LIMIT', 0, ARGV[2])
if #ids == 0 then
  return {}
end
local leases = redis.call('HMGET', LEASES, unpack(ids))
local jobs = redis.call('HMGET', JOBS, unpack(ids))
local answer = {}
for index, id in ipairs(ids) do
  if leases[index] and jobs[index] then
    answer[#answer + 1] = id
    answer[#answer + 1] = leases[index]
    answer[#answer + 1] = jobs[index]
  end
end
return answer
