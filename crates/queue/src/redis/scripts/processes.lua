-- Answers of up to ARGV[2] processes that are there when each last told of itself, and what it told. Up to ARGV[3] of
-- those whose time is over go.

local UNTIL, TOLD_OF = unpack(KEYS)
local over = redis.call('ZRANGEBYSCORE', UNTIL, '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[3]))
if #over > 0 then
  redis.call('HDEL', TOLD_OF, unpack(over))
  redis.call('ZREM', UNTIL, unpack(over))
end
local names = redis.call('ZREVRANGEBYSCORE', UNTIL, '+inf', '(' .. NOW, 'LIMIT', 0, tonumber(ARGV[2]))
local answer = {}
if #names == 0 then
  return answer
end
for _, told in ipairs(redis.call('HMGET', TOLD_OF, unpack(names))) do
  local space = told and string.find(told, ' ', 1, true)
  if space then
    answer[#answer + 1] = tonumber(string.sub(told, 1, space - 1))
    answer[#answer + 1] = string.sub(told, space + 1)
  end
end
return answer
