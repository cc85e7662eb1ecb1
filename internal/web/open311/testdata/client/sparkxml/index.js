// Stands in for node-sparkxml, which the client depends on by an address that is no
// registry's: XML to JavaScript by the Spark convention. A root whose children all
// have one name is the array of them; so is an element named in the plural.
'use strict';
const { DOMParser } = require('@xmldom/xmldom');

const lists = ['services', 'service_requests', 'errors', 'attributes', 'values', 'endpoints', 'formats'];

function convert(element) {
  const kids = Array.from(element.childNodes).filter((n) => n.nodeType === 1);
  if (lists.includes(element.nodeName)) return kids.map(convert);
  if (kids.length === 0) return element.textContent === '' ? null : element.textContent;
  return Object.fromEntries(kids.map((kid) => [kid.nodeName, convert(kid)]));
}

exports.parseXml = (source) => convert(new DOMParser().parseFromString(source, 'text/xml').documentElement);
