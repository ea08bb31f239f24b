import { textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendDocument, sendEmpty } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { owner } from '../http/documents.ts';
import { parseXml } from '../http/xml.ts';
import { bucketOf } from '../writes.ts';
import { requestedObject } from './read.ts';

const all = [
  '<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
  `<Owner><ID>${owner.ID}</ID><DisplayName></DisplayName></Owner><AccessControlList><Grant>`,
  '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">',
  `<ID>${owner.ID}</ID><DisplayName></DisplayName><Type>CanonicalUser</Type></Grantee>`,
  '<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>',
].join('');

function exists(call: Call): void {
  if (call.key) requestedObject(call);
  else bucketOf(call.core, call.bucket);
}

/** `GET ?acl`: the owner may do everything; policies say what others may. */
export function getAcl(call: Call): void {
  exists(call);
  sendDocument(call, 'application/xml', all);
}

const givesOwnerAll = (text: string): boolean => {
  const permissions = parseXml(text, 'AccessControlPolicy')
    .at('AccessControlList')
    .all('Grant')
    .map((grant) => grant.text('Permission'));
  return permissions.length <= 1 && permissions.every((permission) => permission === 'FULL_CONTROL');
};

/** `PUT ?acl`: MinIO takes what changes nothing and refuses the rest. */
export async function putAcl(call: Call): Promise<void> {
  const text = await textOf(call);
  exists(call);
  const canned = call.headers['x-amz-acl'] ?? (text ? undefined : 'private');
  const changesNothing = canned === undefined ? givesOwnerAll(text) : canned === 'private';
  if (!changesNothing) throw failure('NotImplemented');
  sendEmpty(call, 200);
}
