# The words of charts, written by rule from the data.
chart-bars-alt = Bar chart, { $measure } at { $place }, { $from } – { $to }: { $finding }
chart-bars-finding = highest { $high } { $unit } ({ $high-at }), lowest { $low } { $unit } ({ $low-at }), latest { $last } { $unit } ({ $last-at })
chart-bars-title = { $place }: { $last } { $unit } in { $last-at }
chart-subtitle = { $measure }, { $unit } · { $from } – { $to }
chart-step-values = Each point is one value.
chart-step-buckets = Each point sums up { $step }: the line is the mean, the band runs from the lowest to the highest; no peak is lost.
chart-step-hours = { $count ->
    [one] { $n } hour
   *[other] { $n } hours
  }
chart-step-days = { $count ->
    [one] { $n } day
   *[other] { $n } days
  }
chart-gaps = Hatched under the axis: no data.
chart-estimated = Hatched bars are estimates.
chart-table = Table ({ $n } rows)
chart-table-cut = Table (first and last { $n } rows of { $total })
chart-keys = The chart can be magnified. Keys: arrows read value by value, Page Up and Page Down move by a day, plus and minus zoom, 0 shows all, T opens the table.
chart-tools = Zoom in|Zoom out|← Earlier|Later →|Show all
chart-failed = The detailed data could not be loaded; the drawing above stands.
chart-lines-title = { $place }: { $n } former units
chart-lines-alt = Line chart, { $measure } in the former units of { $place }, { $from } – { $to }. Latest: { $finding }.
