-- Makes dead letters run again: for each its id, when ('' for now), whether a payload follows, and the payload.
-- Answers 1 for each that was dead.

local answers, revived, soonest = {}, 0, math.huge
for index = 2, #ARGV, 4 do
  local id = ARGV[index]
  if redis.call('ZSCORE', DEAD, id) then
    local due = math.max(tonumber(ARGV[index + 1]) or AT, AT)
    local told = split(redis.call('HGET', TOLD, id) or '')
    told[1], told[2], told[3], told[4], told[5] = '0', text(due), '', '', ''
    redis.call('HSET', TOLD, id, pack(told))
    if ARGV[index + 2] == '1' then
      local job = split(redis.call('HGET', JOBS, id))
      job[5] = ARGV[index + 3]
      redis.call('HSET', JOBS, id, pack(job))
    end
    redis.call('ZADD', WAITING, place(due), id)
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
