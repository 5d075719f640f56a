-- Drops ended jobs of one state, ARGV[2] 'done' or 'dead', that are older than ARGV[3] milliseconds or more than
-- ARGV[4], oldest first and at most ARGV[5]. Answers how many.

local set = ARGV[2] == 'done' and DONE or DEAD
local most = tonumber(ARGV[5])
local old = redis.call('ZCOUNT', set, '-inf', text(AT - tonumber(ARGV[3])))
local over = redis.call('ZCARD', set) - tonumber(ARGV[4])
local count = math.min(math.max(old, over, 0), most)
if count == 0 then
  return 0
end
local ids = redis.call('ZRANGE', set, 0, count - 1)
redis.call('ZREMRANGEBYRANK', set, 0, count - 1)
redis.call('HDEL', TOLD, unpack(ids))
redis.call('HDEL', JOBS, unpack(ids))
return #ids
