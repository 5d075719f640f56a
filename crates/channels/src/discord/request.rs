//! A message as the body of a request: JSON, or, with the chart, a form of parts.

use super::message::{CHART, Message};

/// What separates the parts, lengthened until no part holds it.
const BOUNDARY: &str = "moodwire-part";

/// Content type and body.
pub(super) struct Request {
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// The request of `message`, with the PNG file `chart` where there is one (Discord's reference, "Uploading Files").
pub(super) fn request(message: &Message, chart: Option<&[u8]>) -> Request {
    let json = serde_json::to_vec(message).unwrap_or_default();
    let Some(chart) = chart else {
        return Request {
            content_type: "application/json".to_owned(),
            body: json,
        };
    };
    let boundary = boundary(&[&json, chart]);
    let mut body = Vec::with_capacity(json.len() + chart.len() + 512);
    let mut part = |head: &str, content: &[u8]| {
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part(
        "Content-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json",
        &json,
    );
    part(
        &format!(
            "Content-Disposition: form-data; name=\"files[0]\"; filename=\"{CHART}\"\r\nContent-Type: image/png"
        ),
        chart,
    );
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Request {
        content_type: format!("multipart/form-data; boundary={boundary}"),
        body,
    }
}

fn boundary(parts: &[&[u8]]) -> String {
    let mut boundary = BOUNDARY.to_owned();
    let is_within = |boundary: &str| {
        parts.iter().any(|part| {
            part.windows(boundary.len())
                .any(|window| window == boundary.as_bytes())
        })
    };
    while is_within(&boundary) {
        boundary.push('x');
    }
    boundary
}
