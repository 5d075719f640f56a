-- Makes scheduled jobs, whose ids follow, due at once. Answers 1 for each that waited for its time.

local answers, moved = {}, {}
for index = 2, #ARGV do
  local due = redis.call('ZSCORE', SCHEDULED, ARGV[index])
  answers[index - 1] = 0
  if due and math.floor(tonumber(due)) > AT then
    -- At once, so that an id that comes twice counts once.
    redis.call('ZADD', SCHEDULED, place(AT), ARGV[index])
    moved[#moved + 1] = ARGV[index]
    answers[index - 1] = 1
  end
end
if #moved > 0 then
  keep_turn()
  wake(#moved, AT)
end
return answers
