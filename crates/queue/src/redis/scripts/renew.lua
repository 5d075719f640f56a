-- Extends leases to ARGV[2] milliseconds from now: for each its id and token. Answers 1 for each that is held.

local ids = {}
for index = 3, #ARGV, 2 do
  ids[#ids + 1] = ARGV[index]
end
local leases = redis.call('HMGET', LEASES, unpack(ids))
local answers, running = {}, {}
local until_ = text(AT + tonumber(ARGV[2]))
for index, id in ipairs(ids) do
  local token = ARGV[2 * index + 2] .. ' '
  if leases[index] and string.sub(leases[index], 1, #token) == token then
    running[#running + 1] = until_
    running[#running + 1] = id
    answers[index] = 1
  else
    answers[index] = 0
  end
end
if #running > 0 then
  redis.call('ZADD', RUNNING, unpack(running))
end
return answers
