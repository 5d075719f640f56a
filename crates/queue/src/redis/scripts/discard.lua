-- Removes dead letters, whose ids follow. Answers 1 for each that was dead.

local answers, dropped, faults = {}, {}, {}
for index = 2, #ARGV do
  local id = ARGV[index]
  local died = redis.call('ZSCORE', DEAD, id)
  answers[index - 1] = 0
  if died then
    answers[index - 1] = redis.call('ZREM', DEAD, id)
    dropped[#dropped + 1] = id
    faults[#faults + 1] = fault(redis.call('HGET', TOLD, id), tonumber(died), id)
  end
end
if #dropped > 0 then
  redis.call('ZREM', FAULTS, unpack(faults))
  forget(dropped)
end
return answers
