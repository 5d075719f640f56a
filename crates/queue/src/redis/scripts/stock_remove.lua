-- Removes tasks from a stock queue, each with its payload and metadata, unless it is gone from where it was read.
-- KEYS: the sorted set, the list, the hash of payloads. ARGV: what the keys of metadata begin with, then for each task
-- whether it was in the list ('1') and its id. Answers 1 for each task that was removed.
-- Of the list only the head is looked at: searching it for ids that somebody else removed would go through all of it.

local scheduled, active, data = unpack(KEYS)
local answers = {}
for index = 2, #ARGV, 2 do
  local id, removed = ARGV[index + 1], 0
  if ARGV[index] == '0' then
    removed = redis.call('ZREM', scheduled, id)
  elseif redis.call('LINDEX', active, 0) == id then
    redis.call('LPOP', active)
    removed = 1
  end
  if removed == 1 then
    redis.call('HDEL', data, id)
    redis.call('UNLINK', ARGV[1] .. id)
  end
  answers[#answers + 1] = removed
end
return answers
