/**
 * The part of the page's script that searches, filters, pauses, copies errors and changes the time zone. It has an element of its own,
 * which live updates do not touch; it changes what an update brings before that is compared, so that nothing flickers.
 */
export const pageToolsScript: string = String.raw`'use strict';
var tools = (function () {
  var form = document.getElementById('tools');
  var search = form.elements.search, agent = form.elements.agent, outcome = form.elements.outcome, zone = form.elements.zone;
  var pause = document.getElementById('pause'), found = document.getElementById('found');
  var onPause = function () {};

  function text(node, selector) {
    var part = node.querySelector(selector);
    return part ? part.textContent.trim() : '';
  }

  function isWanted(row, name, ending) {
    return (agent.value === '' || name === agent.value)
      && (outcome.value === '' || ending === outcome.value)
      && row.textContent.toLowerCase().includes(search.value.trim().toLowerCase());
  }

  function filter(root) {
    root.querySelectorAll('ol.recent > li').forEach(function (row) {
      row.hidden = !isWanted(row, text(row, '.agent bdi'), text(row, 'summary .word'));
    });
    // An execution that runs has no outcome yet
    root.querySelectorAll('tr[id^="now-"]').forEach(function (row) {
      row.hidden = !isWanted(row, text(row, 'th bdi'), '');
    });
  }

  function clock(at) {
    if (zone.value === 'UTC') return at.toISOString().slice(11, 19);
    return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at);
  }

  function times(root) {
    root.querySelectorAll('time[datetime]').forEach(function (time) {
      var at = new Date(time.getAttribute('datetime'));
      var isNamed = / \S+$/.test(time.textContent);
      time.textContent = clock(at) + (isNamed ? ' ' + (zone.value === 'UTC' ? 'UTC' : 'local') : '');
    });
  }

  function copyButtons(root) {
    root.querySelectorAll('.run').forEach(function (run) {
      if (run.querySelector('.message') === null || run.querySelector('.copy') !== null) return;
      var button = document.createElement('button');
      button.type = 'button';
      button.className = 'copy';
      button.textContent = 'Copy error';
      run.insertBefore(button, run.querySelector('.note'));
    });
  }

  function nameZone() {
    document.getElementById('zone-name').textContent =
      zone.value === 'UTC' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone + ', the time zone of this browser';
  }

  function prepare(root) { copyButtons(root); times(root); filter(root); }

  // The agents that were ever seen on this page, in the order of their names
  function listAgents() {
    var names = new Set(Array.from(agent.options, function (option) { return option.value; }));
    document.querySelectorAll('#running th bdi, #recent .agent bdi').forEach(function (node) {
      var name = node.textContent.trim();
      if (names.has(name)) return;
      names.add(name);
      var next = Array.from(agent.options).find(function (option) { return option.value > name; });
      agent.add(new Option(name, name), next);
    });
  }

  function count() {
    var rows = Array.from(document.querySelectorAll('ol.recent > li, tr[id^="now-"]'));
    var shown = rows.filter(function (row) { return !row.hidden; }).length;
    var words = shown === rows.length ? '' : shown + ' of ' + rows.length + ' executions';
    if (found.textContent !== words) found.textContent = words;
  }

  function changed() { prepare(document); nameZone(); count(); }

  function errorOf(run) {
    var row = run.closest('li');
    return text(row, '.agent') + ': ' + text(row, 'summary .error') + '\n' + Array.from(run.querySelectorAll('.message, .note'), function (part) {
      return part.textContent.trim();
    }).join('\n');
  }

  function copy(words, button) {
    function done(word) { button.textContent = word; setTimeout(function () { button.textContent = 'Copy error'; }, 2000); }
    // Only pages of this machine or over TLS have a clipboard; elsewhere the text is selected, to be copied by hand
    if (navigator.clipboard) navigator.clipboard.writeText(words).then(function () { done('Copied'); }, function () { done('Not allowed'); });
    else { getSelection().selectAllChildren(button.closest('.run')); done('Selected'); }
  }

  form.hidden = false;
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('input', changed);
  zone.addEventListener('change', function () { try { localStorage.setItem('swarmwatch.zone', zone.value); } catch (error) { /* not kept */ } });
  document.addEventListener('click', function (event) {
    if (event.target.className === 'copy') copy(errorOf(event.target.closest('.run')), event.target);
  });
  pause.addEventListener('click', function () {
    var isPaused = pause.getAttribute('aria-pressed') !== 'true';
    pause.setAttribute('aria-pressed', String(isPaused));
    onPause(isPaused);
  });
  try { zone.value = localStorage.getItem('swarmwatch.zone') === 'local' ? 'local' : 'UTC'; } catch (error) { /* UTC */ }
  listAgents();
  changed();

  return {
    prepare: prepare,
    updated: function () { listAgents(); count(); },
    isPaused: function () { return pause.getAttribute('aria-pressed') === 'true'; },
    onPause: function (listener) { onPause = listener; },
  };
})();
`
