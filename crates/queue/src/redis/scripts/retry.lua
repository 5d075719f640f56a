-- Makes dead letters run again: for each its id, when ('' for now), whether a payload follows, and the payload.
-- Answers 1 for each that was dead.

local answers, revived, soonest = {}, 0, math.huge
for index = 2, #ARGV, 4 do
  local id = ARGV[index]
  local died = redis.call('ZSCORE', DEAD, id)
  if died then
    local due = math.max(tonumber(ARGV[index + 1]) or AT, AT)
    local past = redis.call('HGET', TOLD, id)
    local told = split(past)
    told[1], told[2], told[3], told[4], told[5], told[6] = '0', text(due), '', '', '', ''
    redis.call('HSET', TOLD, id, pack(told))
    if ARGV[index + 2] == '1' then
      local job = redis.call('HGET', JOBS, id)
      local parent, root = struct.unpack('>I2I2', job, 11)
      local head = 14 + math.max(parent - 1, 0) + math.max(root - 1, 0)
      redis.call('HSET', JOBS, id, string.sub(job, 1, head) .. ARGV[index + 3])
    end
    redis.call('ZADD', SCHEDULED, place(due), id)
    redis.call('ZREM', FAULTS, fault(past, tonumber(died), id))
    redis.call('ZREM', DEAD, id)
    revived = revived + 1
    soonest = math.min(soonest, due)
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = 0
  end
end
if revived > 0 then
  keep_turn()
  wake(revived, soonest)
end
return answers
