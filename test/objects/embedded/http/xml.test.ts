import { describe, expect, it } from 'vitest';
import { parseXml, xmlDocument } from '../../../../src/objects/embedded/http/xml.ts';

describe('documents', () => {
  it('are written with everything escaped, lists repeated, nothing left out', () => {
    expect(xmlDocument('R', { Key: ['a&b', '<\r\u0001\uffff>'], None: undefined, In: { Size: 1, Yes: true } })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        '<Key>a&amp;b</Key><Key>&lt;&#xd;&#x1;&#xffff;&gt;</Key><In><Size>1</Size><Yes>true</Yes></In></R>',
    );
  });

  it('are read with keys as they were written', () => {
    const read = parseXml(
      '<Delete xmlns="x"><Object><Key> 007 </Key></Object>\n<Object><Key>a&#x41;&amp;</Key></Object></Delete>',
      'Delete',
    );
    expect(read.all('Object').map((one) => one.text('Key'))).toEqual([' 007 ', 'aA&']);
    const odd = ' \u0001\r\n\t&amp;<"\'\u{1f600}';
    expect(parseXml(xmlDocument('R', { Key: odd }), 'R').text('Key')).toBe(odd);
    expect(read.at('Nothing').at('Here').text('x')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['another root', '<Other/>'],
    ['an element that does not end', '<Delete><Object></Delete>'],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><Delete/>'],
    ['no XML', 'hello'],
    ['an entity nobody knows', '<Delete>&nothing;</Delete>'],
    ['a character beyond all', '<Delete>&#x110000;</Delete>'],
  ])('%s is MalformedXML', (_what, text) => {
    expect(() => parseXml(text, 'Delete')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
