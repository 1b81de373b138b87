// Who takes a content coding gets the file that the build compressed ahead, if there is one: CloudFront asks the bucket's
// folder of these codings first, and the plain files where that has none.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html

// Whether `gzip, br;q=0.8` names a coding, and not with the weight 0.
function takes(header, coding) {
  return RegExp('(^|,) *' + coding + ' *(,|$|;(?! *q=0[.0]* *(,|$)))', 'i').test(header);
}

function encoded(request) {
  const headers = request.headers;
  const sent = headers['accept-encoding'];
  // The cache's key has what is read here, so no answer is kept for a viewer that does not take it.
  delete headers['accept-encoding'];
  // The part of a file is a part of the plain one.
  if (!sent || headers.range || request.method === 'OPTIONS') return request;
  const taken = ['br', 'gzip'].filter((each) => takes(sent.value, each));
  if (taken.length) {
    headers['accept-encoding'] = { value: taken.join(',') };
    cf.createRequestOriginGroup({
      originIds: [{ originId: 'encoded-' + taken.join('-') }, { originId: 'site' }],
      failoverCriteria: { statusCodes: [403, 404] },
    });
  }
  return request;
}
