# Câu chữ của biểu đồ, viết theo quy tắc từ số liệu.
chart-bars-alt = Biểu đồ cột, { $measure } tại { $place }, { $from } – { $to }: { $finding }
chart-bars-finding = cao nhất { $high } { $unit } ({ $high-at }), thấp nhất { $low } { $unit } ({ $low-at }), mới nhất { $last } { $unit } ({ $last-at })
chart-bars-title = { $place }: { $last } { $unit } năm { $last-at }
chart-subtitle = { $measure }, { $unit } · { $from } – { $to }
chart-step-values = Mỗi điểm là một giá trị.
chart-step-buckets = Mỗi điểm gộp { $step }: đường là trung bình, dải là nhỏ nhất đến lớn nhất; đỉnh không bị mất.
chart-step-hours = { $n } giờ
chart-step-days = { $n } ngày
chart-gaps = Chỗ gạch chéo dưới trục: không có số liệu.
chart-estimated = Cột gạch chéo là ước tính.
chart-table = Bảng số liệu ({ $n } dòng)
chart-table-cut = Bảng số liệu ({ $n } dòng đầu và cuối trong { $total })
chart-keys = Biểu đồ phóng to được. Phím: mũi tên để đọc từng giá trị, Page Up và Page Down theo ngày, cộng trừ để phóng, 0 xem hết, T mở bảng.
chart-tools = Phóng to|Thu nhỏ|← Trước|Sau →|Xem hết
chart-failed = Không tải được số liệu chi tiết; hình trên vẫn đúng.
chart-lines-title = { $place }: { $n } đơn vị cũ
chart-lines-alt = Biểu đồ đường, { $measure } ở các đơn vị cũ của { $place }, { $from } – { $to }. Mới nhất: { $finding }.
