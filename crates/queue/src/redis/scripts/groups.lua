-- Dead letters by fingerprint, at most ARGV[3] groups after the fingerprint ARGV[2] ('' to begin): of each its
-- fingerprint, how many, when the first and when the last of them died, and the past of the last.

local answer, after = {}, ARGV[2]
for _ = 1, tonumber(ARGV[3]) do
  local first = redis.call('ZRANGEBYLEX', FAULTS, after == '' and '-' or '(' .. after .. '!', '+', 'LIMIT', 0, 1)[1]
  if not first then
    break
  end
  after = string.sub(first, 1, 16)
  local from, to = '[' .. after .. ' ', '(' .. after .. '!'
  local last = redis.call('ZREVRANGEBYLEX', FAULTS, to, from, 'LIMIT', 0, 1)[1]
  answer[#answer + 1] = after
  answer[#answer + 1] = redis.call('ZLEXCOUNT', FAULTS, from, to)
  answer[#answer + 1] = tonumber(string.sub(first, 18, 32))
  answer[#answer + 1] = tonumber(string.sub(last, 18, 32))
  answer[#answer + 1] = redis.call('HGET', TOLD, string.sub(last, 34)) or ''
end
return answer
