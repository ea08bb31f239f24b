import type { Routes } from '../http/call.ts';
import { getAcl, putAcl } from './acl.ts';
import { getAttributes } from './attributes.ts';
import { completeUpload } from './complete.ts';
import { listParts, putPart } from './parts.ts';
import { readObject } from './read.ts';
import { deleteObjectTags, getObjectTags, putObjectTags } from './tagging.ts';
import { abortUpload, beginUpload } from './uploads.ts';
import { deleteObject, putObject } from './write.ts';

/** What can be asked of an object. */
export const objectRoutes: Routes = {
  GET: readObject,
  HEAD: readObject,
  PUT: putObject,
  DELETE: deleteObject,
  'GET attributes': getAttributes,
  'GET acl': getAcl,
  'PUT acl': putAcl,
  'GET tagging': getObjectTags,
  'PUT tagging': putObjectTags,
  'DELETE tagging': deleteObjectTags,
  'POST uploads': beginUpload,
  'PUT uploadId': putPart,
  'GET uploadId': listParts,
  'POST uploadId': completeUpload,
  'DELETE uploadId': abortUpload,
};
