-- Counts of the kind: scheduled, ready, running, done, dead, done ever, dead ever, paused, and the age of the
-- oldest ready job in milliseconds (-1: none).

local totals = redis.call('HMGET', META, 'done_total', 'dead_total', 'paused')
local first = redis.call('ZRANGEBYSCORE', WAITING, '-inf', '(' .. text(AT + 1), 'WITHSCORES', 'LIMIT', 0, 1)
return {
  redis.call('ZCOUNT', WAITING, text(AT + 1), '+inf'),
  redis.call('ZCOUNT', WAITING, '-inf', '(' .. text(AT + 1)),
  redis.call('ZCOUNT', RUNNING, '-inf', '(+inf'),
  redis.call('ZCARD', DONE),
  redis.call('ZCARD', DEAD),
  tonumber(totals[1]) or 0,
  tonumber(totals[2]) or 0,
  totals[3] and 1 or 0,
  first[2] and AT - math.floor(tonumber(first[2])) or -1,
}
