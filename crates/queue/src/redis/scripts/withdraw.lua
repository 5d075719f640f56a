-- Forgets the process ARGV[2].

local UNTIL, TOLD_OF = unpack(KEYS)
redis.call('HDEL', TOLD_OF, ARGV[2])
redis.call('ZREM', UNTIL, ARGV[2])
