/** Why the sandbox answers otherwise than OSCAR, a sentence each; docs/differences.md holds every one of them. */
export const reasons = {
  preflight:
    'The API answers `OPTIONS` itself (204) and sends CORS headers with every answer, because there is no ingress before it that would.',
  slash:
    'A path with a slash at its end is served as if it had none, so that no client has to follow a redirect with its body.',
  'no-kubernetes':
    'No Kubernetes is told the version of, on no executor: `kubernetes_version` and the version of the backend are empty, and `git_commit` is that of the sandbox.',
  'one-port':
    '`expose.api_port` and `expose.nodePort` may be a number, as `oscar-cli` 1.x and older FDL files write them; 0 is none, and the answer is a list.',
  'missing-service':
    'A service, or a job, that does not exist is 404 with an empty body for every caller who is logged in, whatever its name looks like.',
  'unknown-token':
    'A token for a service that does not exist is refused like a wrong one (401) where OSCAR crashes (500).',
  'unknown-job': "The log of a job that does not exist is 404, as OSCAR's documentation has it, not a crash (500).",
  ownerless:
    'A service whose owner was left out of an update can be deleted without an error, and takes its buckets along.',
  'existing-bucket':
    'A service may be declared over buckets that exist already (201): nothing in them changes, and only buckets that a service made itself are deleted with it.',
  visibility:
    'Changing the visibility of a service just changes it (204), where OSCAR changes it and then answers 500 about a MinIO user that administrators do not have.',
  'bucket-in-path': '`PUT /system/buckets/NAME` works like `PUT /system/buckets`, because `oscar-cli` 2.x asks for it.',
  expires: 'Presigning reads `expires` where `expires_in` is absent or 0, because `oscar-python` 2.x calls it so.',
};

const config =
  '{"config":{"name":"oscar","namespace":"oscar","services_namespace":"oscar-svc","controller_service_account":"oscar-sa","gpu_available":false,"interLink_available":false,"serverless_backend":"knative","yunikorn_enable":false,"kueue_enable":false,"volume_enable":true,"oidc_groups":[""],"minio_quota_enabled":false},"minio_provider":{"endpoint":"<S3>","verify":<BOOL>,"access_key":"<KEY>","secret_key":"<KEY>","region":"us-east-1"},"allowed_image_repositories":[]}';

/** The recorded requests that are answered otherwise on purpose, and what they are answered. */
export const deviations: Record<string, { status: number; answer: string; why: keyof typeof reasons }> = {
  'http.health.options': { status: 204, answer: '', why: 'preflight' },
  'http.cors.preflight.unknown': { status: 204, answer: '', why: 'preflight' },
  'http.slash.get.info': { status: 401, answer: '', why: 'slash' },
  'http.slash.get.auth': { status: 200, answer: config, why: 'slash' },
  'http.slash.get.status': { status: 401, answer: '', why: 'slash' },
  'http.slash.get.volumes': { status: 401, answer: '', why: 'slash' },
  'http.slash.post.job.name': { status: 401, answer: '', why: 'slash' },
  'auth.info.trailing': {
    status: 200,
    answer:
      '{"version":"v4.1.2","git_commit":"abcdef12","architecture":"amd64","kubernetes_version":"","serverless_backend":{"name":"Knative","version":""}}',
    why: 'no-kubernetes',
  },
  'svc.type.apiport-number': { status: 201, answer: '', why: 'one-port' },
  'name.joblog.invalid': { status: 404, answer: '', why: 'missing-service' },
  'name.fed.nul': { status: 404, answer: '', why: 'missing-service' },
  'name.deljob.blank': { status: 404, answer: '', why: 'missing-service' },
  'name.delete.nul': { status: 404, answer: '', why: 'missing-service' },
  'name.dellogs.nul': { status: 404, answer: '', why: 'missing-service' },
  'auth.svc.missing.token': { status: 401, answer: '', why: 'unknown-token' },
  'job.log.unknown': { status: 404, answer: '', why: 'unknown-job' },
  'own.delete': { status: 204, answer: '', why: 'ownerless' },
  'share.create': { status: 201, answer: '', why: 'existing-bucket' },
  'vis.put.restricted': { status: 204, answer: '', why: 'visibility' },
  'b.put.path': { status: 204, answer: '', why: 'bucket-in-path' },
  'b.presign.expires': {
    status: 200,
    answer:
      '{"object_key":"a","operation":"download","method":"GET","url":"<S3>/dgz-b1/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential&X-Amz-Date&X-Amz-Expires=120&X-Amz-Signature&X-Amz-SignedHeaders=host","expires_at":"<TIME>"}',
    why: 'expires',
  },
};
