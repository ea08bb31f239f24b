/** What a user may have, as quantities. */
export interface Limits {
  /** All volumes together. */
  disk: string;
  volumes: string;
  max_disk_per_volume: string;
  min_disk_per_volume: string;
  /** Recorded, and held against nobody; empty when never said. */
  buckets: string;
  storage_per_bucket: string;
}

/** What every user may have until the administrator says otherwise: OSCAR's own figures. */
export const usualLimits: Limits = {
  disk: '7Gi',
  volumes: '5',
  max_disk_per_volume: '5Gi',
  min_disk_per_volume: '200Mi',
  buckets: '',
  storage_per_bucket: '',
};
