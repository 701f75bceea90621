portal-needed = cần có `{ $name }` hoặc `datastream`
portal-not-a-day = `{ $text }` không phải là ngày
