// Stands in for xml2json, whose parser of that time can't be compiled any more: every
// element is a member named after it.
'use strict';
const { DOMParser } = require('@xmldom/xmldom');

function convert(element) {
  const kids = Array.from(element.childNodes).filter((n) => n.nodeType === 1);
  if (kids.length === 0) return element.textContent;
  return Object.fromEntries(kids.map((kid) => [kid.nodeName, convert(kid)]));
}

exports.toJson = (source) => {
  const root = new DOMParser().parseFromString(source, 'text/xml').documentElement;
  return { [root.nodeName]: convert(root) };
};
