-- Shows jobs, whose ids follow: the time, then id, state, score, packed job, past, lease and tries of each that
-- exists ('' for what it has not).

local answer = { AT }
for index = 2, #ARGV do
  local id = ARGV[index]
  local job = redis.call('HGET', JOBS, id)
  if job and id ~= SENTINEL then
    local state = 'waiting'
    local score = redis.call('ZSCORE', WAITING, id)
    for name, set in pairs({ running = RUNNING, done = DONE, dead = DEAD }) do
      if not score then
        state, score = name, redis.call('ZSCORE', set, id)
      end
    end
    for _, value in ipairs({
      id,
      state,
      score or '',
      job,
      redis.call('HGET', TOLD, id) or '',
      redis.call('HGET', LEASES, id) or '',
      redis.call('HGET', TRIES, id) or '',
    }) do
      answer[#answer + 1] = value
    end
  end
end
return answer
