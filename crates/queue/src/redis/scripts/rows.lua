-- Shows jobs, whose ids follow: the time, then id, state, score, job, past, lease and tries of each that exists
-- ('' for what it has not). A ready job is one that is nowhere else; its score is ''.

local answer = { AT }
for index = 2, #ARGV do
  local id = ARGV[index]
  local job = redis.call('HGET', JOBS, id)
  if job and id ~= SENTINEL then
    local told = redis.call('HGET', TOLD, id) or ''
    local lease, tries = '', ''
    local state, score = 'running', redis.call('ZSCORE', RUNNING, id)
    if score then
      lease = redis.call('HGET', LEASES, id)
    else
      state, score = 'waiting', redis.call('ZSCORE', SCHEDULED, id)
      if score then
        tries = redis.call('HGET', TRIES, id) or ''
      else
        state, score = 'dead', redis.call('ZSCORE', DEAD, id)
      end
    end
    if not score then
      state, score = told == '' and 'waiting' or 'done', ''
    end
    for _, value in ipairs({ id, state, score, job, told, lease, tries }) do
      answer[#answer + 1] = value
    end
  end
end
return answer
