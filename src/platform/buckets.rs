//! Names of buckets: the endpoints of Amazon S3, of which one bucket has many, and those of its websites.

/// What the names of AWS's endpoints end with. `general/s3`; `WebsiteEndpoints` of the S3 User Guide.
const PARTITIONS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"];

/// A name under Amazon S3: `BUCKET.s3.REGION.…`, `BUCKET.s3-REGION.…`, `BUCKET.s3.dualstack.REGION.…`, `BUCKET.s3.…`.
struct Endpoint<'d> {
    /// Empty where the name has none.
    bucket: &'d str,
    /// `s3`, `s3-sa-east-1`, `s3-website`.
    service: &'d str,
}

impl<'d> Endpoint<'d> {
    fn of(domain: &'d str) -> Option<Endpoint<'d>> {
        let mut before = PARTITIONS.iter().find_map(|end| strip_end(domain, end))?;
        // At most a region and `dualstack` stand between the service and the partition.
        for _ in 0..3 {
            let (bucket, label) = before.rsplit_once('.').unwrap_or(("", before));
            if is_s3(label) {
                return Some(Endpoint { bucket, service: label });
            }
            before = bucket;
        }
        None
    }
}

fn strip_end<'d>(domain: &'d str, end: &str) -> Option<&'d str> {
    let (before, rest) = domain.split_at_checked(domain.len().checked_sub(end.len())?)?;
    rest.eq_ignore_ascii_case(end).then_some(before)
}

fn is_s3(label: &str) -> bool {
    label.eq_ignore_ascii_case("s3") || begins(label, "s3-")
}

fn begins(label: &str, start: &str) -> bool {
    label.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// The bucket that a domain is an endpoint of, in lower case: all spellings of one bucket have one.
#[must_use]
pub fn bucket_of(domain: &str) -> Option<String> {
    let bucket = Endpoint::of(domain)?.bucket;
    (!bucket.is_empty()).then(|| bucket.to_ascii_lowercase())
}

/// Whether a domain is a bucket's website endpoint, `BUCKET.s3-website-REGION.…` or `BUCKET.s3-website.REGION.…`: a web
/// server that speaks http only, and that CloudFront takes as a custom origin only.
#[must_use]
pub fn is_website_endpoint(domain: &str) -> bool {
    Endpoint::of(domain).is_some_and(|endpoint| {
        endpoint.service.eq_ignore_ascii_case("s3-website") || begins(endpoint.service, "s3-website-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bucket_has_many_names_and_its_website_others() {
        let rows = [
            ("b.s3.amazonaws.com", Some("b"), false),
            ("B.S3.sa-east-1.AmazonAWS.com", Some("b"), false),
            ("b.s3-sa-east-1.amazonaws.com", Some("b"), false),
            ("b.s3.dualstack.sa-east-1.amazonaws.com", Some("b"), false),
            ("b.s3-accelerate.amazonaws.com", Some("b"), false),
            ("b.s3-accelerate.dualstack.amazonaws.com", Some("b"), false),
            ("b.s3.cn-north-1.amazonaws.com.cn", Some("b"), false),
            ("www.example.com.s3.us-east-1.amazonaws.com", Some("www.example.com"), false),
            ("b.s3-website-sa-east-1.amazonaws.com", Some("b"), true),
            ("b.s3-website.eu-central-1.amazonaws.com", Some("b"), true),
            ("b.s3-website.cn-northwest-1.amazonaws.com.cn", Some("b"), true),
            ("www.example.com.S3-Website.eu-central-1.amazonaws.com", Some("www.example.com"), true),
            ("s3-website-logs.s3.sa-east-1.amazonaws.com", Some("s3-website-logs"), false),
            ("s3-website.s3.amazonaws.com", Some("s3-website"), false),
            ("s3-website.s3-sa-east-1.amazonaws.com", Some("s3-website"), false),
            ("s3.sa-east-1.amazonaws.com", None, false),
            ("x.execute-api.sa-east-1.amazonaws.com", None, false),
            ("x.s3-website.example.com", None, false),
            ("amazonaws.com", None, false),
            ("é.amazonaws.com", None, false),
        ];
        for (domain, bucket, website) in rows {
            assert_eq!(bucket_of(domain).as_deref(), bucket, "{domain}");
            assert_eq!(is_website_endpoint(domain), website, "{domain}");
        }
    }
}
