-- Reads the tasks of a stock queue, first those under their times, soonest first, then those in its list of active ones.
-- KEYS: the sorted set, the list, the hash of payloads. ARGV: what the keys of metadata begin with, the most tasks, and
-- the most bytes of payload, which the first task alone may exceed.
-- Answers for each task: 1 when it is in the list, its id, its time (''), payload, attempts, max_attempts.

local scheduled, active, data = unpack(KEYS)
local meta, most, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tasks = {}

local function read(listed, id, at)
  local payload = redis.call('HGET', data, id)
  room = room - (payload and #payload or 0)
  if #tasks > 0 and room < 0 then
    return false
  end
  local told = redis.call('HMGET', meta .. id, 'attempts', 'max_attempts')
  tasks[#tasks + 1] = { listed, id, at, payload, told[1], told[2] }
  return true
end

local found = redis.call('ZRANGE', scheduled, 0, most - 1, 'WITHSCORES')
for index = 1, #found, 2 do
  if not read(0, found[index], found[index + 1]) then
    return tasks
  end
end
if #tasks < most then
  for _, id in ipairs(redis.call('LRANGE', active, 0, most - #tasks - 1)) do
    if not read(1, id, '') then
      return tasks
    end
  end
end
return tasks
