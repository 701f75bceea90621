# The words of charts, written by rule from the data.
chart-no-data = no data
chart-title-empty = { $measure } at { $place }: no data yet
chart-title-above-days = { $place }: { $limit } reached on { $n } days
chart-title-above = { $place }: { $limit } reached
chart-title-up = { $place }: up from { $first } to { $last } { $unit }
chart-title-down = { $place }: down from { $first } to { $last } { $unit }
chart-title-level = { $place }: about { $last } { $unit }
chart-alt-head = Line chart, { $measure } at { $place }, { $from } – { $to }
chart-alt-up = up from { $first } to { $last } { $unit }
chart-alt-down = down from { $first } to { $last } { $unit }
chart-alt-level = { $first } at first, { $last } { $unit } at last
chart-alt-extremes = highest { $high } { $unit } on { $high-day }, lowest { $low } { $unit } on { $low-day }
chart-alt-crossed = { $limit } first reached on { $day }
chart-alarm = Alarm { $level }
