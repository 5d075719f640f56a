-- Drops ended jobs of one state, ARGV[2] 'done' or 'dead', that are older than ARGV[3] milliseconds or more than
-- ARGV[4], oldest first and at most ARGV[5]. Answers how many.

local most = tonumber(ARGV[5])
local before = AT - tonumber(ARGV[3])

if ARGV[2] == 'done' then
  local over = redis.call('LLEN', DONE) - tonumber(ARGV[4])
  local entries = redis.call('LRANGE', DONE, 0, most - 1)
  local ids = {}
  for index, entry in ipairs(entries) do
    if index > over and tonumber(string.sub(entry, 1, 13)) > before then
      break
    end
    ids[index] = string.sub(entry, 15)
  end
  if #ids > 0 then
    redis.call('LPOP', DONE, #ids)
    forget(ids)
  end
  return #ids
end

local old = redis.call('ZCOUNT', DEAD, '-inf', text(before))
local over = redis.call('ZCARD', DEAD) - tonumber(ARGV[4])
local count = math.min(math.max(old, over, 0), most)
if count == 0 then
  return 0
end
local found = redis.call('ZRANGE', DEAD, 0, count - 1, 'WITHSCORES')
local ids, faults = {}, {}
for index = 1, #found, 2 do
  local id = found[index]
  ids[#ids + 1] = id
  faults[#faults + 1] = fault(redis.call('HGET', TOLD, id), tonumber(found[index + 1]), id)
end
redis.call('HINCRBY', META, 'dropped', #ids)
redis.call('ZREMRANGEBYRANK', DEAD, 0, count - 1)
redis.call('ZREM', FAULTS, unpack(faults))
forget(ids)
return #ids
