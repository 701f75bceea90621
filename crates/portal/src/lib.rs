//! Server-rendered pages in Vietnamese and English; charts and maps as SVG.
