import { pageToolsScript } from './page-tools-script.ts'

/**
 * The script of the page, served unchanged. It listens to the events and changes only what differs, so that focus, opened details and
 * scroll position stay. Without it the page is complete, but not live.
 */
export const liveScript: string = `${pageToolsScript}${String.raw`(function () {
  var connection = document.getElementById('connection');
  var service = document.title.split(' | ').slice(1).join(' | ');
  var source, again, resting, waiting;

  // role=status: a screen reader reads it, so it is written only when it changes
  function showState(word) {
    if (connection.textContent !== word) connection.textContent = word;
    connection.className = word.replace(/ /g, '-');
  }

  function connect() {
    clearTimeout(again);
    if (source) source.close();
    source = new EventSource('events');
    source.addEventListener('open', function () { showState(tools.isPaused() ? 'paused' : 'live'); });
    source.addEventListener('page', function (event) { show(JSON.parse(event.data)); });
    source.addEventListener('error', function () {
      showState('reconnecting');
      // Refused or closed permanently: the browser gives up, we do not
      if (source.readyState === EventSource.CLOSED) again = setTimeout(ask, 3000);
    });
  }

  function ask() {
    fetch('events', { method: 'HEAD' }).then(function (answer) {
      if (answer.status === 401) location.reload(); else connect();
    }, connect);
  }

  // What comes while updates are paused is shown at their end
  function keep(page) {
    waiting = waiting || { fragments: {} };
    waiting.headline = page.headline;
    Object.assign(waiting.fragments, page.fragments);
  }

  tools.onPause(function (isPaused) {
    showState(isPaused ? 'paused' : source.readyState === EventSource.OPEN ? 'live' : 'reconnecting');
    var page = waiting;
    waiting = undefined;
    if (!isPaused && page) show(page);
  });

  function show(page) {
    if (tools.isPaused()) { keep(page); return; }
    showState('live');
    document.title = page.headline + ' | ' + service;
    Object.keys(page.fragments).forEach(function (id) {
      var template = document.createElement('template');
      template.innerHTML = page.fragments[id];
      tools.prepare(template.content);
      updateChildren(document.getElementById(id), template.content);
    });
    tools.updated();
  }

  // A run that is open or has the focus stays until it is closed
  function isHeld(node) {
    return node.nodeName === 'LI' && (node.querySelector('details[open]') || node.contains(document.activeElement));
  }

  function update(old, fresh) {
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE || old.isEqualNode(fresh)) return;
    Array.from(old.attributes).forEach(function (attribute) {
      if (attribute.name !== 'open' && !fresh.hasAttribute(attribute.name)) old.removeAttribute(attribute.name);
    });
    Array.from(fresh.attributes).forEach(function (attribute) {
      if (old.getAttribute(attribute.name) !== attribute.value) old.setAttribute(attribute.name, attribute.value);
    });
    updateChildren(old, fresh);
  }

  function updateChildren(old, fresh) {
    var known = new Map(), wanted = new Set();
    Array.from(old.children).forEach(function (child) { if (child.id) known.set(child.id, child); });
    Array.from(fresh.children).forEach(function (child) { if (child.id) wanted.add(child.id); });
    var place = old.firstChild;
    function pass() {
      var gone = place;
      place = place.nextSibling;
      if (!isHeld(gone)) gone.remove();
    }
    Array.from(fresh.childNodes).forEach(function (next) {
      while (place && place.id && !wanted.has(place.id)) pass();
      var same = next.id ? known.get(next.id) : place && !place.id && place.nodeName === next.nodeName ? place : undefined;
      if (!same) { old.insertBefore(next, place); return; }
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      update(same, next);
    });
    while (place) pass();
  }

  // A browser opens only six connections to one address: a hidden tab closes its own
  document.addEventListener('visibilitychange', function () {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(function () { source.close(); clearTimeout(again); showState('paused'); }, 60000);
    else if (source.readyState === EventSource.CLOSED) connect();
  });
  connect();
})();
`}`
