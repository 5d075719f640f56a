-- Counts of the kind: scheduled, ready, running, done, dead, done ever, dead ever, dead letters dropped ever, paused,
-- and the age of the oldest ready job in milliseconds (-1: none).

local meta = redis.call('HMGET', META, 'done_total', 'dead_total', 'dropped', 'paused')
local oldest = first_scheduled()
if oldest and oldest > AT then
  oldest = nil
end
local head = redis.call('LINDEX', READY, 0)
local job = head and redis.call('HGET', JOBS, head)
if job then
  oldest = math.min(oldest or math.huge, enqueued_at(job))
end
return {
  redis.call('ZCOUNT', SCHEDULED, text(AT + 1), '+inf'),
  redis.call('ZCOUNT', SCHEDULED, '-inf', '(' .. text(AT + 1)) + redis.call('LLEN', READY),
  redis.call('ZCOUNT', RUNNING, '-inf', '(+inf'),
  redis.call('LLEN', DONE),
  redis.call('ZCARD', DEAD),
  tonumber(meta[1]) or 0,
  tonumber(meta[2]) or 0,
  tonumber(meta[3]) or 0,
  meta[4] and 1 or 0,
  oldest and math.max(AT - oldest, 0) or -1,
}
