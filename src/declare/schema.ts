import * as z from 'zod';
import { type JsonSchema, type Shape, shapeOf } from './shape.ts';

const text = (about: string) => z.string().optional().describe(about);
const flag = (about: string) => z.boolean().optional().describe(about);
const int = (about: string) => z.int().optional().describe(about);
const texts = (about: string) => z.array(z.string()).optional().describe(about);
const map = (about: string) => z.record(z.string(), z.string()).optional().describe(about);
const ignored = (about: string) => z.unknown().optional().describe(`Ignored: ${about}`);
/** Known values are offered, others are taken: OSCAR decides what they mean. */
const choice = (values: readonly [string, ...string[]], about: string) =>
  z
    .union([z.enum(values), z.string()])
    .optional()
    .describe(about);
/** OSCAR before 4.1 wrote one number where 4.1 writes a list; 0 is none. */
const ports = (about: string) =>
  z
    .union([z.int(), z.array(z.int())])
    .transform((given) => (typeof given !== 'number' ? given : given === 0 ? [] : [given]))
    .optional()
    .describe(about);

const storage = (about: string) =>
  z
    .object({
      storage_provider: choice(['minio', 'minio.default'], 'Where the folder is, `<type>` or `<type>.<id>`.'),
      path: text(
        'The folder, `<bucket>/<folder>`; without a slash it is a folder of the bucket named like the service.',
      ),
      suffix: texts('Only files whose name ends in one of these are stored.'),
      prefix: texts('Only files whose name starts with one of these are stored.'),
      options: text('Mounts only: further flags for the mount.'),
    })
    .describe(about);

const providers = z.object({
  minio: z
    .record(
      z.string(),
      z.object({
        endpoint: text('URL of the MinIO server.'),
        verify: flag('Check the certificate of the server.'),
        access_key: text('Access key.'),
        secret_key: text('Secret key.'),
        region: text('Region, `us-east-1` when absent.'),
      }),
    )
    .optional()
    .describe('MinIO servers by id; `default` is the store of the cluster.'),
  s3: z
    .record(
      z.string(),
      z.object({ access_key: text('Access key.'), secret_key: text('Secret key.'), region: text('AWS region.') }),
    )
    .optional()
    .describe('Amazon S3 accounts by id.'),
  onedata: z
    .record(
      z.string(),
      z.object({
        oneprovider_host: text('Host of the Oneprovider.'),
        token: text('Access token.'),
        space: text('Space that holds the files.'),
      }),
    )
    .optional()
    .describe('Onedata spaces by id.'),
  webdav: z
    .record(
      z.string(),
      z.object({ hostname: text('URL of the server.'), login: text('User name.'), password: text('Password.') }),
    )
    .optional()
    .describe('WebDAV servers (dCache) by id.'),
  rucio: z
    .record(
      z.string(),
      z.object({
        host: text('URL of the Rucio server.'),
        account: text('Rucio account.'),
        rse: text('Storage element that outputs go to.'),
        refresh_token: text('OIDC refresh token.'),
        auth_host: text('URL of the authentication server.'),
        oidc_audience: text('Audience of the token.'),
        token_endpoint: text('URL at which the refresh token is exchanged.'),
      }),
    )
    .optional()
    .describe('Rucio accounts by id.'),
});

const clusters = z.record(
  z.string(),
  z.object({
    endpoint: text('URL of the OSCAR cluster.'),
    auth_user: text('User name.'),
    auth_password: text('Password.'),
    ssl_verify: flag('Check the certificate of the cluster.'),
  }),
);

const replica = z.object({
  type: choice(['oscar', 'endpoint'], 'A service of another OSCAR cluster, or any URL.'),
  cluster_id: text('Cluster that holds the replica, an entry of `clusters`.'),
  service_name: text('Name of the service there.'),
  url: text('URL of an `endpoint` replica.'),
  ssl_verify: flag('Check the certificate of the endpoint.'),
  priority: z.int().min(0).optional().describe('Lower numbers are tried first.'),
  headers: map('Headers sent with a delegated job.'),
});

const definition = z.object({
  name: z.string().describe('Name of the service: lower-case letters, digits and `-`, at most 39 characters.'),
  cluster_id: text('Cluster the service is on; set by the client.'),
  memory: text('Memory limit, a Kubernetes quantity: `256Mi` when absent.'),
  cpu: text('CPU limit, a Kubernetes quantity: `0.2` when absent.'),
  total_memory: text('Memory for all runs of the service together.'),
  total_cpu: text('CPU for all runs of the service together.'),
  ephemeral_storage_request: text('Scratch disk that a run asks for.'),
  enable_gpu: flag('Give each run one GPU.'),
  enable_sgx: flag('Give each run an SGX enclave.'),
  image_prefetch: flag('Pull the image when the service is declared, not at its first run.'),
  synchronous: z
    .object({ min_scale: int('Containers kept warm.'), max_scale: int('Most containers at a time; 0 is no limit.') })
    .optional()
    .describe('Scaling of synchronous calls.'),
  federation: z
    .object({
      group_id: text('Name of the federation; the service name when absent.'),
      topology: choice(['none', 'star', 'mesh'], 'Which members delegate to which.'),
      delegation: choice(['static', 'random', 'load-based', 'topsis'], 'How the member that gets a job is chosen.'),
      rescheduler_threshold: int('Seconds after which a waiting job is delegated.'),
      members: z.array(replica).optional().describe('The replicas that jobs may be delegated to.'),
    })
    .optional()
    .describe('Replicas of the service on other clusters.'),
  log_level: choice(
    ['NOTSET', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'],
    'What the platform logs about a run: `INFO` when absent.',
  ),
  image: z.string().describe('Container image that the script runs in.'),
  alpine: flag('The image is based on Alpine (musl).'),
  token: text('Read only: the token that callers of the service use.'),
  file_stage_in: flag('Do not download the input file before the script runs.'),
  input: z
    .array(storage('An input folder.'))
    .optional()
    .describe('A file that arrives in one of these folders starts a job.'),
  output: z
    .array(storage('An output folder.'))
    .optional()
    .describe('Folders that the files of the output folder are stored in.'),
  script: z.string().describe('Path of the script, from the folder of this file.'),
  image_pull_secrets: texts('Names of the secrets that give access to the image.'),
  expose: z
    .object({
      min_scale: int('Fewest instances: 1 when absent.'),
      max_scale: int('Most instances: 10 when absent.'),
      api_port: ports('Port, or list of ports, that the container listens on.'),
      cpu_threshold: int('CPU percentage at which an instance is added: 80 when absent.'),
      rewrite_target: flag('Keep the path of the service in requests to the container.'),
      nodePort: ports('Port, or list of ports, opened on the nodes; 0 lets the cluster choose.'),
      default_command: flag('Start the command of the image instead of the script.'),
      set_auth: flag('Ask callers for the credentials of the service.'),
      auth_type: choice(['basic', 'forward'], 'How callers are asked.'),
      health_path: text('Path that is asked whether the container is well: `/` when absent.'),
      probe_mode: choice(['legacy', 'direct'], 'Whether health requests carry the path of the service.'),
    })
    .optional()
    .describe('The service runs a web server of its own.'),
  environment: z
    .object({
      variables: map('Environment variables of the script.'),
      secrets: map('Environment variables whose values are never shown again.'),
    })
    .optional()
    .describe('What the script finds in its environment.'),
  annotations: map('Kubernetes annotations of what runs.'),
  vo: text('Virtual organisation whose members may use the service.'),
  labels: map('Kubernetes labels of what runs.'),
  storage_providers: providers.optional().describe('Credentials of storage outside the cluster.'),
  clusters: clusters.optional().describe('Other OSCAR clusters that replicas are on.'),
  owner: text('Read only: who declared the service.'),
  namespace: text('Read only: Kubernetes namespace of the service.'),
  interlink_node_name: text('Virtual node that jobs are sent to (interLink).'),
  visibility: choice(['private', 'restricted', 'public'], 'Who may use the service: `private` when absent.'),
  allowed_users: texts('Users that may use a restricted service.'),
  isolation_level: choice(['SERVICE', 'USER'], '`USER` gives each user a bucket of their own.'),
  bucket_list: texts('Buckets of the users, one each.'),
  mount: storage('A bucket that is mounted as a folder under `/mnt`.').optional(),
  volume: z
    .object({
      name: text('Name of the volume; the service name when absent.'),
      size: text('Size of a new volume, a quantity; absent to use an existing one.'),
      mount_path: text('Absolute path of the volume in the container.'),
      lifecycle_policy: choice(['delete', 'retain'], 'What becomes of a new volume when the service is deleted.'),
    })
    .optional()
    .describe('A folder that outlives the runs of the service.'),
  kserve: z
    .object({
      type: choice(['inference', 'llm_inference'], 'Kind of model server.'),
      inference: z
        .object({ model_format: text('Format of the model.'), runtime: text('KServe runtime.') })
        .optional()
        .describe('An inference service.'),
      llm_inference: z
        .object({ runtime_image: text('Image of the model server.') })
        .optional()
        .describe('A large language model.'),
      storage_uri: text('Where the model is.'),
      api_version: text('Version of the inference protocol: `v1` when absent.'),
      min_scale: int('Fewest instances.'),
      max_scale: int('Most instances: 1 when absent.'),
      cpu: text('CPU of an instance: `0.2` when absent.'),
      memory: text('Memory of an instance: `256Mi` when absent.'),
      args: z.unknown().optional().describe('Arguments of the model server.'),
      env: z.unknown().optional().describe('Environment of the model server.'),
      enable_gpu: flag('Give each instance one GPU.'),
      set_auth: flag('Ask callers for credentials: true when absent.'),
    })
    .optional()
    .describe('A model served by KServe beside the service.'),
});

/** What OSCAR no longer reads, or only ever writes: taken without a word in JSON, with a warning in a file. */
const obsolete = z.object({
  replicas: ignored('OSCAR 4.1 reads `federation.members`.'),
  delegation: ignored('OSCAR 4.1 reads `federation.delegation`.'),
  rescheduler_threshold: ignored('OSCAR 4.1 reads `federation.rescheduler_threshold`.'),
  image_rules: ignored('OSCAR has no such rule any more.'),
  imagePullSecrets: ignored('OSCAR reads `image_pull_secrets`.'),
  volume_status: ignored('OSCAR writes it into its answers.'),
  deployment: ignored('OSCAR writes it into its answers.'),
});

/** What a user may write for a service: OSCAR's keys, every one optional but the three that OSCAR requires. */
export type DefinitionInput = z.output<typeof definition>;

const asJsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as JsonSchema;

/** A checked value as a definition: single ports become lists, keys that OSCAR does not read are gone. */
export const toDefinition = (value: unknown): DefinitionInput => definition.parse(value);

/** The JSON Schemas of a service, of the blocks of a file, and of the keys that are ignored. */
export const jsonSchemas = () => ({
  service: asJsonSchema(definition),
  providers: asJsonSchema(providers),
  clusters: asJsonSchema(clusters),
  ignored: asJsonSchema(obsolete),
});

export interface Shapes {
  service: Shape;
  providers: Shape;
  clusters: Shape;
  /** Keys of a service that are taken and not read, with the reason. */
  ignored: Record<string, string>;
}

const makeShapes = (): Shapes => {
  const schemas = jsonSchemas();
  const reasons = Object.entries(schemas.ignored.properties ?? {}).map(([key, { description = '' }]) => [
    key,
    description.replace('Ignored: ', ''),
  ]);
  return {
    service: shapeOf(schemas.service),
    providers: shapeOf(schemas.providers),
    clusters: shapeOf(schemas.clusters),
    ignored: Object.fromEntries(reasons) as Record<string, string>,
  };
};

let made: Shapes | undefined;
/** The same as shapes for the decoders; made when first asked for. */
export const shapes = (): Shapes => {
  made ??= makeShapes();
  return made;
};
