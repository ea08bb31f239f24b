import type { Routes } from '../http/call.ts';
import { getAcl, putAcl } from './acl.ts';
import { createBucket, deleteBucket, getLocation, headBucket } from './bucket.ts';
import * as settings from './configuration.ts';
import { postObject } from './form.ts';
import { listenToEvents } from './listen.ts';
import { listObjects } from './listing.ts';
import { getNotification, putNotification } from './notification.ts';
import { deleteObjects } from './removal.ts';
import { deleteBucketTags, getBucketTags, putBucketTags } from './tagging.ts';
import { listUploads } from './uploads.ts';
import { listVersions } from './versions.ts';

const { unset } = settings;

/** What can be asked of a bucket. */
export const bucketRoutes: Routes = {
  GET: listObjects,
  HEAD: headBucket,
  PUT: createBucket,
  DELETE: deleteBucket,
  POST: postObject,
  'POST delete': deleteObjects,
  'GET events': listenToEvents,
  'GET location': getLocation,
  'GET uploads': listUploads,
  'GET versions': listVersions,
  'GET versioning': settings.getVersioning,
  'PUT versioning': settings.putVersioning,
  'GET notification': getNotification,
  'PUT notification': putNotification,
  'GET tagging': getBucketTags,
  'PUT tagging': putBucketTags,
  'DELETE tagging': deleteBucketTags,
  'GET acl': getAcl,
  'PUT acl': putAcl,
  'GET policy': settings.getPolicy,
  'PUT policy': settings.putPolicy,
  'DELETE policy': settings.deleteDocument('policy'),
  'GET policyStatus': settings.getPolicyStatus,
  'GET cors': settings.getDocument('cors'),
  'PUT cors': settings.putDocument('cors'),
  'DELETE cors': settings.deleteDocument('cors'),
  'GET lifecycle': settings.getDocument('lifecycle'),
  'PUT lifecycle': settings.putDocument('lifecycle'),
  'DELETE lifecycle': settings.deleteDocument('lifecycle'),
  'GET encryption': unset.missing('ServerSideEncryptionConfigurationNotFoundError'),
  'GET object-lock': unset.missing('ObjectLockConfigurationNotFoundError'),
  'GET replication': unset.missing('ReplicationConfigurationNotFoundError'),
  'GET website': unset.missing('NoSuchWebsiteConfiguration'),
  'GET accelerate': unset.document('AccelerateConfiguration'),
  'GET logging': unset.document('BucketLoggingStatus'),
  'GET requestPayment': unset.document('RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
};
