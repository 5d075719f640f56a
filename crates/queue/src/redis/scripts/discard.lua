-- Removes dead letters, whose ids follow. Answers 1 for each that was dead.

local answers, dropped = {}, {}
for index = 2, #ARGV do
  answers[index - 1] = redis.call('ZREM', DEAD, ARGV[index])
  if answers[index - 1] == 1 then
    dropped[#dropped + 1] = ARGV[index]
  end
end
if #dropped > 0 then
  redis.call('HDEL', TOLD, unpack(dropped))
  redis.call('HDEL', JOBS, unpack(dropped))
end
return answers
