-- Keeps for ARGV[3] milliseconds that the process ARGV[2] is there, and what it tells of itself, ARGV[4]. Up to ARGV[5]
-- of those whose time is over go: nothing else would take them away where nobody asks who is there.

local UNTIL, TOLD_OF = unpack(KEYS)
redis.call('HSET', TOLD_OF, ARGV[2], NOW .. ' ' .. ARGV[4])
redis.call('ZADD', UNTIL, text(AT + tonumber(ARGV[3])), ARGV[2])
local over = redis.call('ZRANGEBYSCORE', UNTIL, '-inf', NOW, 'LIMIT', 0, tonumber(ARGV[5]))
if #over > 0 then
  redis.call('HDEL', TOLD_OF, unpack(over))
  redis.call('ZREM', UNTIL, unpack(over))
end
