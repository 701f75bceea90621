# Câu chữ của biểu đồ, viết theo quy tắc từ số liệu.
chart-no-data = không có số liệu
chart-title-empty = { $measure } tại { $place }: chưa có số liệu
chart-title-above-days = { $place }: { $n } ngày đạt từ { $limit }
chart-title-above = { $place }: có lúc đạt từ { $limit }
chart-title-up = { $place }: tăng từ { $first } lên { $last } { $unit }
chart-title-down = { $place }: giảm từ { $first } xuống { $last } { $unit }
chart-title-level = { $place }: quanh { $last } { $unit }
chart-alt-head = Biểu đồ đường, { $measure } tại { $place }, { $from } – { $to }
chart-alt-up = tăng từ { $first } lên { $last } { $unit }
chart-alt-down = giảm từ { $first } xuống { $last } { $unit }
chart-alt-level = đầu kỳ { $first }, cuối kỳ { $last } { $unit }
chart-alt-extremes = cao nhất { $high } { $unit } ngày { $high-day }, thấp nhất { $low } { $unit } ngày { $low-day }
chart-alt-crossed = lần đầu đạt { $limit } ngày { $day }
chart-alarm = BĐ { $level }
