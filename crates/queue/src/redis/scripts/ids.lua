-- Up to ARGV[4] ids in the order of their bytes, between the bounds ARGV[2] and ARGV[3].

return redis.call('ZRANGEBYLEX', IDS, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
