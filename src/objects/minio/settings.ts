export interface Keys {
  accessKey: string;
  secretKey: string;
}

export interface MinioSettings {
  keys: Keys;
  /** Where it reaches us. */
  receiver: string;
  token: string;
  queueFolder: string;
}

// What happens while we are away has to fit.
const queueLimit = 1_000_000;

/** The environment that MinIO is started with: its administrator, and both webhooks, so that it never has to restart. */
export function minioSettings({ keys, receiver, token, queueFolder }: MinioSettings): Record<string, string> {
  return {
    MINIO_ROOT_USER: keys.accessKey,
    MINIO_ROOT_PASSWORD: keys.secretKey,
    MINIO_UPDATE: 'off',
    MINIO_BROWSER: 'off',
    // An upload is answered once its event is in the queue, and not before.
    MINIO_API_SYNC_EVENTS: 'on',
    MINIO_NOTIFY_WEBHOOK_ENABLE_NOW: 'on',
    MINIO_NOTIFY_WEBHOOK_ENDPOINT_NOW: `${receiver}/events/now`,
    MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_NOW: token,
    MINIO_NOTIFY_WEBHOOK_ENABLE_QUEUE: 'on',
    MINIO_NOTIFY_WEBHOOK_ENDPOINT_QUEUE: `${receiver}/events/minio`,
    MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_QUEUE: token,
    MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_QUEUE: queueFolder,
    MINIO_NOTIFY_WEBHOOK_QUEUE_LIMIT_QUEUE: String(queueLimit),
  };
}
