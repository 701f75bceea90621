serve-with-hint = { $what } ({ $hint })
serve-with-example = { $what }. Ví dụ: { $example }
serve-there-already = đã có { $what } rồi
