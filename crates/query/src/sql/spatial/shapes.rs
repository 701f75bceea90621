//! Columns of geometry as shapes, and how two shapes relate (OGC 06-103r4 §6.1.15, DE-9IM).

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::error::{DataFusionError, Result};
use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{BoundingRect, Relate};
use geo_traits::to_geo::ToGeoGeometry;
use geo_types::{Coord, Geometry, Rect};

/// A relation of two shapes, by the name of its SQL function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Contains,
    CoveredBy,
    Covers,
    Crosses,
    Equals,
    Intersects,
    Overlaps,
    Touches,
    Within,
}

impl Relation {
    /// The relation of a function, if shapes whose boxes are apart never have it.
    pub(super) fn of_function(name: &str) -> Option<Relation> {
        Some(match name {
            "st_contains" => Relation::Contains,
            "st_coveredby" => Relation::CoveredBy,
            "st_covers" => Relation::Covers,
            "st_crosses" => Relation::Crosses,
            "st_equals" => Relation::Equals,
            "st_intersects" => Relation::Intersects,
            "st_overlaps" => Relation::Overlaps,
            "st_touches" => Relation::Touches,
            "st_within" => Relation::Within,
            _ => return None,
        })
    }

    /// Whether `a` has this relation to `b`.
    pub(super) fn holds(self, a: &Shape, b: &Shape) -> bool {
        match (&a.form, &b.form) {
            (Form::Area(area), Form::Point(point)) => self.of_area_to_point(position(area, point)),
            (Form::Point(point), Form::Area(area)) => self.of_point_to_area(position(area, point)),
            (Form::Point(a), Form::Point(b)) => a == b && self.of_equal_points(),
            _ => self.of_any(&a.geometry(), &b.geometry()),
        }
    }

    fn of_area_to_point(self, point: CoordPos) -> bool {
        match self {
            Relation::Contains => point == CoordPos::Inside,
            Relation::Covers | Relation::Intersects => point != CoordPos::Outside,
            Relation::Touches => point == CoordPos::OnBoundary,
            Relation::CoveredBy
            | Relation::Crosses
            | Relation::Equals
            | Relation::Overlaps
            | Relation::Within => false,
        }
    }

    fn of_point_to_area(self, point: CoordPos) -> bool {
        match self {
            Relation::Within => point == CoordPos::Inside,
            Relation::CoveredBy | Relation::Intersects => point != CoordPos::Outside,
            Relation::Touches => point == CoordPos::OnBoundary,
            Relation::Contains
            | Relation::Covers
            | Relation::Crosses
            | Relation::Equals
            | Relation::Overlaps => false,
        }
    }

    fn of_equal_points(self) -> bool {
        !matches!(self, Relation::Touches | Relation::Crosses | Relation::Overlaps)
    }

    fn of_any(self, a: &Geometry, b: &Geometry) -> bool {
        let matrix = a.relate(b);
        match self {
            Relation::Contains => matrix.is_contains(),
            Relation::CoveredBy => matrix.is_coveredby(),
            Relation::Covers => matrix.is_covers(),
            Relation::Crosses => matrix.is_crosses(),
            Relation::Equals => matrix.is_equal_topo(),
            Relation::Intersects => matrix.is_intersects(),
            Relation::Overlaps => matrix.is_overlaps(),
            Relation::Touches => matrix.is_touches(),
            Relation::Within => matrix.is_within(),
        }
    }
}

/// A geometry that is not empty, with its box.
#[derive(Debug)]
pub(super) struct Shape {
    form: Form,
    pub(super) lower: [f64; 2],
    pub(super) upper: [f64; 2],
    /// The coordinates that it holds in memory.
    pub(super) coordinates: usize,
}

#[derive(Debug)]
enum Form {
    Point(Coord),
    /// A polygon or several, with their edges by height.
    Area(Box<Area>),
    Other(Box<Geometry>),
}

/// An area whose edges are found by height, so that a point meets few of them.
#[derive(Debug)]
struct Area {
    geometry: Geometry,
    bands: Option<Bands>,
}

/// The edges of an area, by horizontal band.
#[derive(Debug)]
struct Bands {
    south: f64,
    per_degree: f64,
    edges: Vec<Vec<(Coord, Coord)>>,
}

/// Areas with fewer edges are looked at edge by edge.
const FEW_EDGES: usize = 32;

impl Bands {
    /// Bands of one polygon without self-crossing rings; several polygons may share an edge, where
    /// counting crossings does not tell inside from boundary.
    fn of(geometry: &Geometry, rect: Rect) -> Option<Bands> {
        let Geometry::Polygon(polygon) = geometry else { return None };
        let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let count: usize = rings().map(|ring| ring.0.len()).sum();
        let height = rect.max().y - rect.min().y;
        if count < FEW_EDGES || height.is_nan() || height <= 0.0 {
            return None;
        }
        let many = (count / 4).clamp(8, 4096);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand bands")]
        let per_degree = many as f64 / height;
        let mut bands = Bands { south: rect.min().y, per_degree, edges: vec![Vec::new(); many] };
        for ring in rings() {
            for edge in ring.0.windows(2) {
                let (first, last) = (bands.at(edge[0].y.min(edge[1].y)), bands.at(edge[0].y.max(edge[1].y)));
                for band in &mut bands.edges[first..=last] {
                    band.push((edge[0], edge[1]));
                }
            }
        }
        Some(bands)
    }

    /// The band of a height; heights of edges and of points are rounded in the same way, so that a
    /// point meets every edge that is as high as it.
    fn at(&self, y: f64) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of a float saturates, and the band is clamped"
        )]
        let band = ((y - self.south) * self.per_degree) as usize;
        band.min(self.edges.len() - 1)
    }

    /// Where a point is, by the edges that a ray to the east crosses (even-odd rule).
    fn position(&self, point: &Coord) -> CoordPos {
        let mut inside = false;
        for (a, b) in &self.edges[self.at(point.y)] {
            let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
            if point.y < low.y || point.y > high.y {
                continue;
            }
            if a.y == b.y {
                if point.x >= a.x.min(b.x) && point.x <= a.x.max(b.x) {
                    return CoordPos::OnBoundary;
                }
                continue;
            }
            if point.x > a.x.max(b.x) {
                continue;
            }
            let left = point.x < a.x.min(b.x);
            if !left {
                // Adaptive precision: on the edge or beside it is told exactly.
                use geo::kernels::{Kernel, Orientation, RobustKernel};
                match RobustKernel::orient2d(*low, *high, *point) {
                    Orientation::Collinear => return CoordPos::OnBoundary,
                    Orientation::Clockwise => continue,
                    Orientation::CounterClockwise => {}
                }
            }
            // An edge counts from its lower end up to, and without, its upper one.
            if point.y < high.y {
                inside = !inside;
            }
        }
        if inside { CoordPos::Inside } else { CoordPos::Outside }
    }
}

fn position(area: &Area, point: &Coord) -> CoordPos {
    match &area.bands {
        Some(bands) => bands.position(point),
        None => area.geometry.coordinate_position(point),
    }
}

impl Shape {
    fn point(x: f64, y: f64) -> Option<Shape> {
        let form = Form::Point(Coord { x, y });
        let there = x.is_finite() && y.is_finite();
        there.then_some(Shape { form, lower: [x, y], upper: [x, y], coordinates: 1 })
    }

    /// `None` for a geometry without a coordinate.
    fn new(geometry: Geometry) -> Option<Shape> {
        if let Geometry::Point(point) = geometry {
            return Shape::point(point.x(), point.y());
        }
        let rect = geometry.bounding_rect()?;
        let coordinates = geo::CoordsIter::coords_count(&geometry);
        let (lower, upper) = ([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        let form = match geometry {
            Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
                let bands = Bands::of(&geometry, rect);
                Form::Area(Box::new(Area { geometry, bands }))
            }
            other => Form::Other(Box::new(other)),
        };
        Some(Shape { form, lower, upper, coordinates })
    }

    fn geometry(&self) -> std::borrow::Cow<'_, Geometry> {
        match &self.form {
            Form::Point(coord) => std::borrow::Cow::Owned(Geometry::Point((*coord).into())),
            Form::Area(area) => std::borrow::Cow::Borrowed(&area.geometry),
            Form::Other(geometry) => std::borrow::Cow::Borrowed(geometry),
        }
    }
}

/// Whether shapes can be read from arrays of this field: WKB, or points of two numbers.
pub(super) fn readable(field: &Field) -> bool {
    let named = field.metadata().get("ARROW:extension:name").map(String::as_str);
    match field.data_type() {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => named == Some("geoarrow.wkb"),
        DataType::Struct(fields) => {
            named == Some("geoarrow.point")
                && fields.len() == 2
                && fields[0].name() == "x"
                && fields[1].name() == "y"
                && fields.iter().all(|field| *field.data_type() == DataType::Float64)
        }
        _ => false,
    }
}

/// The shapes of an array; `None` where it is null or empty.
pub(super) fn read(array: &ArrayRef) -> Result<Vec<Option<Shape>>> {
    match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().iter().map(of_wkb).collect(),
        DataType::LargeBinary => array.as_binary::<i64>().iter().map(of_wkb).collect(),
        DataType::BinaryView => array.as_binary_view().iter().map(of_wkb).collect(),
        DataType::Struct(_) => {
            let points = array.as_struct();
            let (x, y) = (points.column(0), points.column(1));
            let (x, y) = (x.as_primitive::<Float64Type>(), y.as_primitive::<Float64Type>());
            let row = |row| match points.is_valid(row) && x.is_valid(row) && y.is_valid(row) {
                true => Shape::point(x.value(row), y.value(row)),
                false => None,
            };
            Ok((0..points.len()).map(row).collect())
        }
        other => Err(DataFusionError::Internal(format!("shapes are not read from {other}"))),
    }
}

/// A point in little-endian WKB without further dimensions, which most are.
fn plain_point(wkb: &[u8]) -> Option<(f64, f64)> {
    let (head, rest) = wkb.split_first_chunk::<5>()?;
    let (x, y) = rest.split_first_chunk::<8>()?;
    let y: &[u8; 8] = y.try_into().ok()?;
    (*head == [1, 1, 0, 0, 0]).then(|| (f64::from_le_bytes(*x), f64::from_le_bytes(*y)))
}

fn of_wkb(wkb: Option<&[u8]>) -> Result<Option<Shape>> {
    let Some(wkb) = wkb else { return Ok(None) };
    if let Some((x, y)) = plain_point(wkb) {
        return Ok(Shape::point(x, y));
    }
    let read = wkb::reader::read_wkb(wkb).map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(read.try_to_geometry().and_then(Shape::new))
}
